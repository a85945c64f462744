# head, tail.
seq 1 20 >f
head f
head -n 3 f
head -n -17 f
head -c 5 f; echo
tail f
tail -n 3 f
tail -n +18 f
tail -c 6 f
head -n 0 f
tail -n 0 f
head -n 2 f f
head -q -n 1 f f
printf 'short' | head -n 5; echo
printf 'short' | tail -n 5; echo
seq 1 100000 | tail -n 1
seq 1 100000 | head -n 1
head -n 5 f | tail -n 2
tail -n 100 f | wc -l
head nothing 2>/dev/null
echo "status $?"
head -c 70000 /dev/zero | tail -c 10 | od -An -tx1
