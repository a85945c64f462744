# seq, sleep, yes, true, false, factor.
seq 3
seq 2 4
seq 1 2 7
seq 5 -2 0
seq -w 8 11
seq -s, 1 5
seq 0.5 0.5 2
seq 3 1
echo "status $?"
sleep 0
echo "status $?"
sleep 0.01 && echo slept
sleep nonsense 2>/dev/null
echo "status $?"
yes no | head -n 2
true && ! false && echo both
factor 60 97 1001
seq 1 3 | while read -r n; do seq -s ' ' $n; done
