# Completion of venue-ops in bash, 3.2 and newer.
#
# Nothing of the line is ever evaluated: it is handed to venue-ops as it stands, and what comes
# back is quoted.

_venue_ops() {
    local program=$1 how='' reply
    COMPREPLY=()
    case $program in
        '~/'*) program=$HOME/${program#??} ;;
    esac
    type -P -- "$program" >/dev/null 2>&1 || program=venue-ops
    while IFS= read -r reply; do
        if [[ -z $how ]]; then how=$reply; else COMPREPLY+=("$reply"); fi
    done < <("$program" __complete bash "${COMP_LINE:0:COMP_POINT}" "$2" "${COMP_TYPE-}" \
        2>/dev/null </dev/null)
    case $how in
        open) compopt -o nospace 2>/dev/null ;;
        files)
            COMPREPLY=()
            compopt -o default 2>/dev/null
            ;;
    esac
    return 0
}

complete -o nosort -F _venue_ops venue-ops 2>/dev/null || complete -F _venue_ops venue-ops
