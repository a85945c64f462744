# grep, egrep, fgrep.
cat >f <<E
apple
Banana
cherry pie
apple pie
42
a.c
E
grep apple f
grep -v a f
grep -i banana f
grep -n pie f
grep -c pie f
grep -l pie f nothing 2>/dev/null
grep -x apple f
grep -w pie f
grep '^a' f
grep 'e$' f
grep '[0-9]' f
grep -E 'apple|cherry' f
egrep '^(a|B).*' f
fgrep a.c f
grep -o 'p[a-z]*' f
grep -q apple f && echo quiet
grep zzz f
echo "status $?"
grep -e apple -e 42 f
grep -A 1 Banana f
grep -B 1 Banana f
echo x | grep -s x - nothing
mkdir d; cp f d/g; echo other >d/h
grep -r pie d | sort
grep pie f d/g
grep -h pie f d/g
grep -F 'a.c' f
printf 'apple\n42\n' >patterns
grep -f patterns f
grep -m 1 apple f
grep '\(p\)\1' f
grep -E '^.{5}$' f
seq 1 5000 | grep -c 7
