# pidof, killall: processes by the name of what they run.
sh=$(readlink /proc/self/exe)
ln -s "$sh" busybox_calf
ln -s "$sh" busybox_heifer
./busybox_calf sleep 100 &
first=$!
./busybox_calf sleep 100 &
second=$!
./busybox_heifer sleep 100 &
third=$!
# (A child has the shell's name until it has become another program.)
for pid in $first $second $third; do
  for i in $(seq 200); do
    case $(cat /proc/$pid/comm) in busybox_*) break ;; esac
    sleep 0.05
  done
done
for pid in $(pidof busybox_calf); do
  case $pid in
  $first | $second) echo found ;;
  *) echo "found $pid" ;;
  esac
done
[ "$(pidof busybox_heifer)" = $third ] && echo another
pidof busybox_bull
echo "status $?"
[ "$(cut -d ' ' -f 2 /proc/$first/stat)" = "(busybox_calf)" ] && echo stat
[ "$(sed -n 's/^Name:[[:space:]]*//p' /proc/$third/status)" = busybox_heifer ] && echo status
killall busybox_calf
wait $first 2>/dev/null
echo "status $?"
wait $second 2>/dev/null
echo "status $?"
kill -0 $third && echo "others live"
killall -9 busybox_heifer
wait $third 2>/dev/null
echo "status $?"
killall -q busybox_calf
echo "status $?"
