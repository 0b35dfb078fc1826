# Sets up a shell for jettag below one folder, in the manner of a view of LCG: copy it there, and `. FOLDER/setup.sh`.
# bash and zsh find the folder by themselves; other shells are told: `JETTAG_HOME=FOLDER; . FOLDER/setup.sh`.
# Sets PATH, LD_LIBRARY_PATH, PYTHONPATH, PKG_CONFIG_PATH, CMAKE_PREFIX_PATH, ROOT_INCLUDE_PATH and JETTAG_HOME.
# shellcheck shell=sh disable=SC3028,SC3054
if [ -n "${BASH_VERSION:-}" ]; then
    JETTAG_HOME=$(cd "$(dirname "${BASH_SOURCE:-$0}")" && pwd)
elif [ -n "${ZSH_VERSION:-}" ]; then
    eval 'JETTAG_HOME=${${(%):-%x}:A:h}'
fi

_jettag_before() { # _jettag_before VARIABLE FOLDER: once, and only a folder that is there
    [ -d "$2" ] || return 0
    _jettag_now=
    eval "_jettag_now=\${$1:-}"
    case ":$_jettag_now:" in
    *":$2:"*) ;;
    *) eval "export $1=\"\$2\${_jettag_now:+:\$_jettag_now}\"" ;;
    esac
}

_jettag_view() {
    # zsh: a pattern without a match is not an error.
    [ -z "${ZSH_VERSION:-}" ] || setopt localoptions nonomatch
    _jettag_before PATH "$JETTAG_HOME/bin"
    # Where libraries and modules of Python go differs between distributions.
    for _jettag_found in "$JETTAG_HOME"/lib*/libjettag.so "$JETTAG_HOME"/lib/*/libjettag.so; do
        [ -f "$_jettag_found" ] || continue
        _jettag_before LD_LIBRARY_PATH "$(dirname "$_jettag_found")"
        _jettag_before PKG_CONFIG_PATH "$(dirname "$_jettag_found")/pkgconfig"
    done
    for _jettag_found in "$JETTAG_HOME"/lib*/python*/*-packages/jettag; do
        [ ! -d "$_jettag_found" ] || _jettag_before PYTHONPATH "$(dirname "$_jettag_found")"
    done
    _jettag_before CMAKE_PREFIX_PATH "$JETTAG_HOME"
    _jettag_before ROOT_INCLUDE_PATH "$JETTAG_HOME/include"
}

if [ -z "${JETTAG_HOME:-}" ] || [ ! -f "$JETTAG_HOME/include/jettag/jettag.h" ]; then
    echo "jettag: there is no jettag in '${JETTAG_HOME:-}': set JETTAG_HOME to the folder that it was installed into" >&2
else
    export JETTAG_HOME
    _jettag_view
fi
unset -f _jettag_before _jettag_view
unset _jettag_now _jettag_found
