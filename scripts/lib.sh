# shellcheck shell=bash
# Shared by the scripts of this folder, which source it. Sets `root`, the repository.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }

# packages_for KIND...: the packages of those kinds in packages.txt.
packages_for() {
  local kind
  for kind in "$@"; do awk -v kind="$kind" '$1 == kind { print $2 }' "$root/scripts/packages.txt"; done
}

# is_installed PACKAGE: whether it is installed, or a package that provides it. Node and npm may come
# from elsewhere, whose packages conflict with Debian's: those in the PATH will do.
is_installed() {
  case $1 in
    nodejs) command -v node >/dev/null && return ;;
    npm) command -v npm >/dev/null && return ;;
  esac
  dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' | awk -v package="$1" '
    $1 == "installed" { for (i = 2; i <= NF; ++i) { sub(/,$/, "", $i); found += $i == package } }
    END { exit !found }'
}

# need_packages KIND...: installs what is missing of these kinds, or says what to install and exits.
# Where there is no dpkg to ask, the build itself shows what is missing.
need_packages() {
  local wanted missing=() package as_root=()
  mapfile -t wanted < <(packages_for "$@")
  if ! command -v dpkg-query >/dev/null; then
    say "Not a Debian system: if the build fails, install what these packages are called here:"
    say "  ${wanted[*]}"
    return
  fi
  for package in "${wanted[@]}"; do is_installed "$package" || missing+=("$package"); done
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then as_root=(sudo -n); fi
  if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
    say "Installing ${missing[*]}"
    # shellcheck disable=SC2016
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c \
      'apt-get update -qq && apt-get install -qq -y --no-install-recommends "$@"' \
      sh "${missing[@]}" >&2 </dev/null && return 0
    say "apt-get could not install them. Install by hand, then run this again:"
  else
    say "These packages are missing, and this script may not install them. Run"
  fi
  say "  sudo apt-get install ${missing[*]}"
  exit 1
}

# build PRESET [TARGET...]: configures and builds; silent unless it takes time or fails.
build() {
  local preset=$1 folder=$root/build/$1 log target targets=()
  shift
  for target in "$@"; do targets+=(--target "$target"); done
  log=$folder.log
  mkdir -p "$root/build"
  say "Building ($preset)"
  if ! (cd "$root" && cmake --preset "$preset" && cmake --build --preset "$preset" "${targets[@]}") \
    >"$log" 2>&1 </dev/null; then
    grep -E '^FAILED|error:|CMake Error' -A 15 "$log" >&2 || tail -n 50 "$log" >&2
    say "The build failed; everything it said is in ${log#"$root"/}"
    exit 1
  fi
}
