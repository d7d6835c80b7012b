#!/usr/bin/env bash
# Installs missing Python packages on an EMR node, for all users, before Spark starts.
#
# usage: install_python_packages.sh REQUIREMENTS PACKAGES [NAME=VALUE]...
#   REQUIREMENTS  s3:// address of requirements.txt, with a version and hashes for every package
#   PACKAGES      `index`, or the s3:// address of a wheelhouse from `emr-ml wheelhouse`
#   NAME=VALUE    AWS_ENDPOINT_URL for a store that is not Amazon's,
#                 PYSPARK_PYTHON if Spark uses another Python than the release's default
#
# Does nothing if all packages are installed. On failure it exits with 1, and the last lines of
# stderr contain the cause and the fix.
set -Eeuo pipefail
umask 022 # YARN's containers run as other users, which must be able to read the packages

readonly TRIES=4
readonly PYTHONS=(python3.11 python3.13 python3.12 python3) # the default of EMR releases first

log() { printf 'install_python_packages: %s\n' "$@"; }

fail() {
  log "$@" >&2
  exit 1
}

pause() {
  local seconds=$((2 ** $1 + RANDOM % 2))
  log "retrying in $seconds seconds" >&2
  sleep "$seconds"
}

parse_arguments() {
  (($# >= 2)) || fail "usage: install_python_packages.sh REQUIREMENTS PACKAGES [NAME=VALUE]..."
  requirements_address=$1
  packages=${2%/}
  local variable
  for variable in "${@:3}"; do
    case $variable in
      AWS_ENDPOINT_URL=* | PYSPARK_PYTHON=*) export "${variable?}" ;;
      *) fail "$variable can't be set: only AWS_ENDPOINT_URL and PYSPARK_PYTHON can" ;;
    esac
  done
}

# Python without this user's own packages and variables, as all users have it. -I would not do:
# the Pythons of Amazon Linux then ignore /usr/local, where root's pip installs.
readonly CLEAN_ENV=(env -u PYTHONPATH -u PYTHONHOME -u PYTHONNOUSERSITE PYTHONUSERBASE=/nonexistent)

# Prints path, version, wheelhouse folder and site-packages of a supported Python, else nothing.
readonly DESCRIBE='
import os, sys, sysconfig
if sys.version_info >= (3, 11):
    folder = "cp%d%d-%s" % (*sys.version_info[:2], os.uname().machine)
    version = "%d.%d.%d" % sys.version_info[:3]
    print(sys.executable, version, folder, sysconfig.get_path("purelib"), sep="\n")
'

find_python() {
  local candidate about=()
  local candidates=("${PYTHONS[@]}")
  if [[ -n ${PYSPARK_PYTHON:-} ]]; then
    candidates=("$PYSPARK_PYTHON")
  fi
  for candidate in "${candidates[@]}"; do
    mapfile -t about < <("${CLEAN_ENV[@]}" "$candidate" -P -c "$DESCRIBE" 2>/dev/null || true)
    if ((${#about[@]} == 4)); then
      python=${about[0]} version=${about[1]} platform=${about[2]} site=${about[3]}
      log "packages for $python, which is Python $version"
      return
    fi
  done
  fail "there is no Python 3.11 or newer, tried ${candidates[*]}." \
    "Use a release that has one, such as emr-spark-8.1.0, or install one in a bootstrap action."
}

# usage: fetch SOURCE TARGET [OPTION]...
fetch() {
  local output try
  command -v aws >/dev/null || fail "there is no aws command in $PATH, so S3 can't be read"
  for ((try = 1; ; try++)); do
    if output=$(aws s3 cp --only-show-errors "$@" 2>&1); then
      return
    fi
    log "${output:-aws s3 cp printed nothing}" >&2
    # files are uploaded before the cluster starts, so waiting for a missing one is useless
    if ((try == TRIES)) || [[ $output == *'(404)'* || $output == *NoSuch* ]]; then
      fail "can't read $1." \
        "If access is denied: the instance profile needs s3:GetObject and s3:ListBucket there," \
        "and kms:Decrypt if you use your own key. If there is no connection: a private subnet" \
        "needs an S3 gateway endpoint. If it is missing: start the run again, which uploads it."
    fi
    pause "$try"
  done
}

# Prints the required packages that are not installed; `pip` if pip, which parses them, is missing.
missing_packages() {
  "${CLEAN_ENV[@]}" "$python" -P - "$requirements" <<'PYTHON'
import sys
from importlib.metadata import PackageNotFoundError, version

try:
    from pip._vendor.packaging.requirements import Requirement
except ImportError:
    print("pip")
    sys.exit()

for line in open(sys.argv[1], encoding="utf-8"):
    if not line.strip() or line.startswith((" ", "#")):
        continue
    pin = Requirement(line.rstrip("\\\n "))
    if pin.marker is None or pin.marker.evaluate():
        try:
            found = version(pin.name)
        except PackageNotFoundError:
            found = None
        if found is None or not pin.specifier.contains(found):
            print(f"{pin.name}{pin.specifier}")
PYTHON
}

find_root_command() {
  root=()
  if ((EUID != 0)) && [[ ! -w $site ]]; then
    root=(sudo -n)
    "${root[@]}" true || fail "$(id -un) can't write to $site, nor use sudo without a password." \
      "Run this script as root, or as hadoop on an EMR node."
  fi
}

install_pip() {
  log "installing pip, which is missing"
  if "${root[@]}" "${CLEAN_ENV[@]}" "$python" -P -m ensurepip; then
    return
  fi
  local package=python${version%.*}-pip try
  command -v dnf >/dev/null || fail "$python has neither pip nor ensurepip, and there is no dnf." \
    "Use a release or an image whose Python has pip."
  for ((try = 1; ; try++)); do
    # dnf may be busy, because the node is still being set up
    if "${root[@]}" dnf install -y -q "$package"; then
      return
    fi
    if ((try == TRIES)); then
      fail "dnf can't install $package." \
        "Use a release or an image whose Python has pip, or a subnet that reaches the repositories."
    fi
    pause "$try"
  done
}

# Sets the pip options that select the package index or the wheelhouse.
prepare_source() {
  source=()
  if [[ $packages == index ]]; then
    return
  fi
  mkdir "$folder/wheels"
  fetch "$packages/$platform/" "$folder/wheels/" --recursive
  # wheels.json is written last, so a wheelhouse that has it is complete
  if [[ ! -e $folder/wheels/wheels.json ]]; then
    local tag=${platform%%-*}
    fail "$packages/$platform/ has no wheelhouse." \
      "Run \`emr-ml wheelhouse --arch ${platform#*-} --python 3.${tag#cp3}\`, then start the run again."
  fi
  source=(--no-index --find-links "$folder/wheels")
}

install() {
  local log=$folder/pip.log try
  # the node's Python is for Spark only, so the distribution's protection of it can be overridden
  local command=("${CLEAN_ENV[@]}" PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore
    "$python" -P -m pip install --quiet --disable-pip-version-check --no-input
    --timeout 10 --retries 1 --require-hashes --only-binary :all:
    "${source[@]}" -r "$requirements")
  for ((try = 1; ; try++)); do
    if "${root[@]}" "${command[@]}" >"$log" 2>&1; then
      return
    fi
    cat "$log" >&2
    if ((try == TRIES)) || ! is_offline "$log"; then
      explain "$log"
    fi
    pause "$try"
  done
}

is_offline() {
  grep -qE 'Retrying \(Retry|ConnectionError|Connection(Reset|Refused)Error|Timeout(Error)?\b' "$1"
}

explain() {
  if grep -q 'DO NOT MATCH THE HASHES' "$1"; then
    fail "a package does not match its pinned hash, so nothing was installed; pip names it above." \
      "It was changed in ${packages/#index/the package index}. In a wheelhouse: delete it from" \
      "the lake, then run \`emr-ml wheelhouse\`. In an index: find out who serves another file."
  elif is_offline "$1"; then
    fail "the package index can't be reached from this node." \
      "In a subnet without internet access, set \`packages: wheelhouse\` in the cluster" \
      "configuration and run \`emr-ml wheelhouse\` once."
  elif grep -qE 'No matching distribution|Could not find a version' "$1"; then
    fail "${packages/#index/the package index} has no wheel of a package for Python $version on" \
      "$platform; pip names it above. Use another Python, or run \`emr-ml wheelhouse\` for this one."
  fi
  fail "pip failed; its output is above."
}

install_missing() {
  find_root_command
  if [[ $missing == pip ]]; then
    install_pip
    missing=$(missing_packages)
  fi
  prepare_source
  log "installing ${missing//$'\n'/, }"
  install
  missing=$(missing_packages)
  [[ -z $missing ]] || fail "pip succeeded, but $python still lacks ${missing//$'\n'/, }"
}

main() {
  trap 'fail "line $LINENO: \`$BASH_COMMAND\` failed"' ERR
  parse_arguments "$@"
  find_python
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  requirements=$folder/requirements.txt
  fetch "$requirements_address" "$requirements"
  missing=$(missing_packages)
  [[ -z $missing ]] || install_missing
  log "all packages are installed"
}

main "$@"
