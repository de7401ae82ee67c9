# Completion of venue-ops in fish, 3.0 and newer.
#
# The words are handed to venue-ops, and fish quotes what comes back.

function __venue_ops_complete
    set -l words (commandline --tokens-expanded --current-process --cut-at-cursor 2>/dev/null)
    or set words (commandline --tokenize --current-process --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l program (string replace --regex '^~/' "$HOME/" -- $words[1])
    command --query -- $program
    or set program venue-ops
    set -l answer (command $program __complete fish $words "$current" 2>/dev/null </dev/null)
    test (count $answer) -gt 1
    or return
    if test $answer[1] = files
        for path in (__fish_complete_path (string replace -- "$answer[2]" '' "$current"))
            printf '%s%s\n' "$answer[2]" $path
        end
        return
    end
    printf '%s\n' $answer[2..-1]
end

complete --command venue-ops --no-files --keep-order --arguments '(__venue_ops_complete)'
