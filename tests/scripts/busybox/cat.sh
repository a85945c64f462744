# cat, tac, rev, nl.
printf 'one\ntwo\nthree\n' >f
printf 'no end' >g
cat f g; echo
cat f - f <<E
between
E
cat -n f
cat -A f
printf 'a\tb\001\n' | cat -A
cat <f
cat nothing f 2>/dev/null
echo "status $?"
tac f
rev f
nl f
cat f f f f | tac | nl | tail -n 2
head -c 100000 /dev/zero | cat | wc -c
seq 1 30000 >large
cat large large | md5sum
cat large | cat - large | tail -n 1
cat -b <<E
x

y
E
