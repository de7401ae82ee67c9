#compdef venue-ops
# Completion of venue-ops in zsh.
#
# Nothing of the line is ever evaluated: its words are handed to venue-ops as they are typed,
# and zsh quotes what comes back.

_venue_ops() {
    local program=${(Q)words[1]} how='' line
    local -a values shown extra
    [[ $program == '~/'* ]] && program=$HOME/${program[3,-1]}
    whence -p -- $program >/dev/null || program=venue-ops
    while IFS= read -r line; do
        if [[ -z $how ]]; then
            how=$line
        else
            values+=("${line%%$'\t'*}")
            shown+=("${line#*$'\t'}")
        fi
    done < <($program __complete zsh "${(@)words[1,CURRENT-1]}" "$QIPREFIX$PREFIX" 2>/dev/null </dev/null)
    case $how in
        '') return 1 ;;
        files)
            [[ -n $values[1] ]] && compset -P "${(b)values[1]}"
            _files
            return
            ;;
        open) extra=(-S '') ;;
        # The blank that follows goes away when a comma is typed.
        list) [[ -z $compstate[quote] ]] && extra=(-S ' ' -r ', \t\n') ;;
    esac
    [[ "$shown" == *' -- '* ]] && extra+=(-l)
    compadd -V venue-ops -d shown $extra -a values
}

if [[ $funcstack[1] == _venue-ops ]]; then
    _venue_ops "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _venue_ops venue-ops
fi
