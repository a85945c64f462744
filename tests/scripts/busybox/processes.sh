# Many processes: chains, trees, quick births and deaths.
for i in $(seq 1 40); do (exit 0); done
echo forty
n=0
for i in $(seq 1 30); do n=$((n + $(echo $i))); done
echo $n
deep() { if [ $1 -gt 0 ]; then (deep $(($1 - 1))); else echo bottom; fi; }
deep 15
for i in 1 2 3 4 5 6 7 8; do sleep 0.05 & done
wait
echo joined
seq 1 200 | while read -r i; do echo $i; done | awk '{ s += $1 } END { print s }'
(sleep 0.2; echo late >late) &
(echo early >early) &
wait
cat early late
sh -c 'sh -c "sh -c \"echo nested; exit 9\""; echo $?'
pids=
for i in 1 2 3 4; do (sleep 0.0$i; exit $i) & pids="$pids $!"; done
for p in $pids; do wait $p; echo $?; done
timeout 0.2 sleep 10
echo "timeout: $?"
timeout 10 true
echo "in time: $?"
[ "$(sh -c 'echo $$')" != $$ ] && echo "another process"
