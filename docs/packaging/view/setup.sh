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
    eval "_jettag_now=\${$1:-}"
    case ":$_jettag_now:" in
    *":$2:"*) ;;
    *) eval "export $1=\"\$2\${_jettag_now:+:\$_jettag_now}\"" ;;
    esac
}

if [ -z "${JETTAG_HOME:-}" ] || [ ! -f "$JETTAG_HOME/include/jettag/jettag.h" ]; then
    echo "jettag: there is no jettag in '${JETTAG_HOME:-}': set JETTAG_HOME to the folder that it was installed into" >&2
else
    export JETTAG_HOME
    _jettag_before PATH "$JETTAG_HOME/bin"
    # Where libraries and modules of Python go differs between distributions.
    for _jettag_found in $(find "$JETTAG_HOME" -maxdepth 3 -path '*/lib*/libjettag.so' -not -path '*/python*'); do
        _jettag_before LD_LIBRARY_PATH "$(dirname "$_jettag_found")"
        _jettag_before PKG_CONFIG_PATH "$(dirname "$_jettag_found")/pkgconfig"
    done
    for _jettag_found in $(find "$JETTAG_HOME" -maxdepth 6 -path '*-packages/jettag/__init__.py'); do
        _jettag_before PYTHONPATH "$(dirname "$(dirname "$_jettag_found")")"
    done
    _jettag_before CMAKE_PREFIX_PATH "$JETTAG_HOME"
    _jettag_before ROOT_INCLUDE_PATH "$JETTAG_HOME/include"
fi
unset -f _jettag_before
unset _jettag_now _jettag_found
