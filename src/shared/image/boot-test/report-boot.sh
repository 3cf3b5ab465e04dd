# Runs in the booted image, in the throwaway layer of a boot test: says on the second serial line how the boot went.
exec >/dev/ttyS1 2>/dev/null
echo
echo "state $(systemctl is-system-running --wait)"
systemctl list-units --state=failed --no-legend --plain --no-pager | while read -r unit rest; do
  echo "failed $unit"
  journalctl -b -u "$unit" -n 15 --no-pager -o cat | while IFS= read -r line; do echo "log $line"; done
done
echo end
systemctl poweroff --force --force
