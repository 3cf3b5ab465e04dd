# Sourced. Exits with one sentence on a system without a Linux kernel, before anything is looked for or started.
azl_system() {
  echo "azl works on Linux alone, and this is $1. $2" >&2
  exit 1
}
case "$(uname -s)" in
Linux) ;;
Darwin)
  azl_system macOS 'Use a virtual machine with Debian 13, or: docker run --privileged -it -v "$PWD:$PWD" -w "$PWD" -v azl:/azl debian:13, there with BUILD_DIR=/azl/build.'
  ;;
MINGW* | MSYS* | CYGWIN* | Windows*)
  azl_system Windows 'Use WSL 2: `wsl --install -d Debian`, then the same command in a checkout inside of it.'
  ;;
*) azl_system "$(uname -s)" 'Use a machine with Debian 12, Debian 13 or Ubuntu 24.04.' ;;
esac
