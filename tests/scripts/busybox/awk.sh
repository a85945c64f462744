# awk.
cat >f <<E
alice 30 london
bob 25 paris
carol 35 london
E
awk '{ print $1 }' f
awk '{ print NR ": " $0 }' f
awk '$2 > 26 { print $1 }' f
awk '/london/ { n++ } END { print n }' f
awk '{ s += $2 } END { print s, s / NR }' f
awk -F: '{ print $2 }' <<E
a:b:c
E
awk 'BEGIN { for (i = 0; i < 3; i++) print i * i }'
awk '{ count[$3]++ } END { for (c in count) print c, count[c] }' f | sort
awk 'BEGIN { printf "%5.2f|%-5s|%05d|%x\n", 3.14159, "ab", 42, 255 }'
awk '{ print length($1), toupper($1), substr($3, 2, 3), index($3, "n") }' f
awk 'BEGIN { s = "a,b,c"; n = split(s, p, ","); print n, p[1], p[3] }'
awk '{ gsub(/o/, "0"); print }' f
awk -v x=5 'BEGIN { print x + 1 }'
awk 'function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2) } BEGIN { print f(15) }'
awk 'NR == 2, NR == 3' f
awk 'END { print NF, $NF }' f
awk 'BEGIN { while ((getline line < "f") > 0) n++; print n }'
awk 'BEGIN { "echo from a command" | getline x; print x }'
awk '{ print $1 | "sort -r" }' f
awk 'BEGIN { print "out" > "o"; close("o"); while ((getline l < "o") > 0) print l }'
awk 'BEGIN { if (system("exit 3") == 3) print "status 3" }'
awk 'BEGIN { exit 4 }'; echo $?
awk 'BEGIN { print match("foobar", /o+/), RSTART, RLENGTH }'
awk 'BEGIN { print 1e6, 0.1 + 0.2, 7 % 3, -7 % 3 }'
awk 'BEGIN { print int(-3.7), int("12abc"), "3" + 4, 1 == 1.0, "a" < "b" }'
seq 1 2000 | awk '{ s += $1 } END { print s }'
awk 'BEGIN { print ENVIRON["HOME"] != "nothing" }'
echo 'a b' | awk '{ $2 = "c"; print; print NF }'
awk 'BEGIN { a["x", 1] = 2; for (k in a) { split(k, p, SUBSEP); print p[1], p[2] } }'
awk 'BEGIN { print substr("hello", 0), substr("hello", -1, 3), tolower("ABC") }'
