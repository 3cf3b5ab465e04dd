# Sourced. Exits with one line if Node is missing or too old.
case "$(node --version 2>/dev/null)" in
v2[0-9].* | v[3-9][0-9].* | v[1-9][0-9][0-9].*) ;;
*)
  echo "azl needs Node 20 or newer; $(command -v node >/dev/null && node --version || echo none) is on PATH. Get it: https://nodejs.org/en/download (Debian 13: sudo apt-get install nodejs)." >&2
  exit 1
  ;;
esac
