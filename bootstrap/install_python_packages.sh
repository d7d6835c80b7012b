#!/usr/bin/env bash
# Installs what the Python of an EMR node lacks, for all users, before Spark starts there.
#
# usage: install_python_packages.sh REQUIREMENTS PACKAGES [NAME=VALUE]...
#   REQUIREMENTS  s3:// address of requirements.txt: every package pinned and hashed
#   PACKAGES      `index`, or the s3:// address of a wheelhouse, made by `emr-ml wheelhouse`
#   NAME=VALUE    AWS_ENDPOINT_URL where the store is not Amazon's,
#                 PYSPARK_PYTHON where Spark is told to use another Python than the release's
#
# Does nothing where everything is there already. Ends with 1 otherwise than well; the last lines
# of stderr then say why, and what to do.
set -Eeuo pipefail
umask 022 # YARN's containers run as other users, who must read what root installs

readonly TRIES=4
readonly PYTHONS=(python3.11 python3.13 python3.12 python3) # a release's default comes first

say() { printf 'install_python_packages: %s\n' "$@"; }

fail() {
  say "$@" >&2
  exit 1
}

pause() {
  local seconds=$((2 ** $1 + RANDOM % 2))
  say "trying again in $seconds seconds" >&2
  sleep "$seconds"
}

take_arguments() {
  (($# >= 2)) || fail "usage: install_python_packages.sh REQUIREMENTS PACKAGES [NAME=VALUE]..."
  requirements_address=$1
  packages=${2%/}
  local given
  for given in "${@:3}"; do
    case $given in
      AWS_ENDPOINT_URL=* | PYSPARK_PYTHON=*) export "${given?}" ;;
      *) fail "$given can't be set: only AWS_ENDPOINT_URL and PYSPARK_PYTHON can" ;;
    esac
  done
}

# Python as every user has it, without what this one has for itself. Not by -I: the Pythons of
# Amazon Linux would leave out /usr/local then, which is where root's pip installs to.
readonly PLAIN=(env -u PYTHONPATH -u PYTHONHOME -u PYTHONNOUSERSITE PYTHONUSERBASE=/nonexistent)

# Prints nothing unless it runs on a Python that fits.
readonly ABOUT='
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
    mapfile -t about < <("${PLAIN[@]}" "$candidate" -P -c "$ABOUT" 2>/dev/null || true)
    if ((${#about[@]} == 4)); then
      python=${about[0]} version=${about[1]} platform=${about[2]} site=${about[3]}
      say "packages for $python, which is Python $version"
      return
    fi
  done
  fail "no Python of 3.11 or newer, looked for ${candidates[*]}." \
    "Use a release that has one (emr-spark-8.1.0 has), or install it by a bootstrap action of yours."
}

# SOURCE TARGET [OPTION]...
fetch() {
  local said try
  command -v aws >/dev/null || fail "there is no aws command in $PATH: S3 can't be read"
  for ((try = 1; ; try++)); do
    if said=$(aws s3 cp --only-show-errors "$@" 2>&1); then
      return
    fi
    say "${said:-aws s3 cp said nothing}" >&2
    # what a cluster names is uploaded before the cluster starts: it won't come by waiting
    if ((try == TRIES)) || [[ $said == *'(404)'* || $said == *NoSuch* ]]; then
      fail "can't read $1." \
        "If access is denied: the instance profile needs s3:GetObject and s3:ListBucket there," \
        "and kms:Decrypt with a key of your own. If there is no connection: a private subnet" \
        "needs an S3 gateway endpoint. If it is missing: start the run again, which uploads it."
    fi
    pause "$try"
  done
}

# Prints what is pinned for this Python and not there; `pip` if only pip could tell.
missing() {
  "${PLAIN[@]}" "$python" -P - "$requirements" <<'PYTHON'
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

choose_root() {
  root=()
  if ((EUID != 0)) && [[ ! -w $site ]]; then
    root=(sudo -n)
    "${root[@]}" true || fail "$(id -un) may not write to $site, nor use sudo without a password." \
      "Run this script as root, or as hadoop on a node of EMR."
  fi
}

install_pip() {
  say "there is no pip: installing it"
  if "${root[@]}" "${PLAIN[@]}" "$python" -P -m ensurepip; then
    return
  fi
  local package=python${version%.*}-pip try
  command -v dnf >/dev/null || fail "$python has no pip, no ensurepip, and there is no dnf." \
    "Use a release or an image whose Python has pip."
  for ((try = 1; ; try++)); do
    # dnf may be at work already: the node is still being set up
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

# Where pip is to look.
prepare_source() {
  source=()
  if [[ $packages == index ]]; then
    return
  fi
  mkdir "$folder/wheels"
  fetch "$packages/$platform/" "$folder/wheels/" --recursive
  # written last, so that whatever it stands beside is complete
  if [[ ! -e $folder/wheels/wheels.json ]]; then
    local tag=${platform%%-*}
    fail "there is no wheelhouse in $packages/$platform/." \
      "Run \`emr-ml wheelhouse --arch ${platform#*-} --python 3.${tag#cp3}\`, then start the run again."
  fi
  source=(--no-index --find-links "$folder/wheels")
}

install() {
  local log=$folder/pip.log try
  # the node's Python is there for Spark alone, so a distribution's guard around it may be passed
  local command=("${PLAIN[@]}" PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore
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
    fail "a package is not the one that was pinned, so nothing was installed; pip names it above." \
      "Somebody changed it in ${packages/#index/the package index}. A wheelhouse: remove it from" \
      "the lake, then run \`emr-ml wheelhouse\`. An index: find out who serves another file."
  elif is_offline "$1"; then
    fail "the package index can't be reached from this node." \
      "In a subnet without a way out, set \`packages: wheelhouse\` in the cluster configuration" \
      "and run \`emr-ml wheelhouse\` once."
  elif grep -qE 'No matching distribution|Could not find a version' "$1"; then
    fail "${packages/#index/the package index} has no wheel of a package for Python $version on" \
      "$platform; pip names it above. Use another Python, or run \`emr-ml wheelhouse\` for this one."
  fi
  fail "pip failed; what it said is above."
}

install_missing() {
  choose_root
  if [[ $wanted == pip ]]; then
    install_pip
    wanted=$(missing)
  fi
  prepare_source
  say "installing ${wanted//$'\n'/, }"
  install
  wanted=$(missing)
  [[ -z $wanted ]] || fail "pip ended well, but $python still lacks ${wanted//$'\n'/, }"
}

main() {
  trap 'fail "line $LINENO: \`$BASH_COMMAND\` failed"' ERR
  take_arguments "$@"
  find_python
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  requirements=$folder/requirements.txt
  fetch "$requirements_address" "$requirements"
  wanted=$(missing)
  [[ -z $wanted ]] || install_missing
  say "everything is there"
}

main "$@"
