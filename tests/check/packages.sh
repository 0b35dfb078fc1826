# Sourced by scripts that need system packages: installs what is missing when root, else names it and stops.
#
#   need_packages PACKAGE:COMMAND...    each PACKAGE is there when COMMAND is, which may be the path of any file
need_packages() {
    missing=
    for pair in "$@"; do
        [ -e "${pair#*:}" ] || command -v "${pair#*:}" >/dev/null || missing="$missing ${pair%%:*}"
    done
    [ -z "$missing" ] && return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "these system packages are missing:$missing" >&2
        exit 1
    fi
    echo "installing system packages:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
