# diff, cmp, patch.
printf 'one\ntwo\nthree\n' >a
printf 'one\n2\nthree\nfour\n' >b
diff a a
echo "status $?"
diff a b | sed 1,2d
diff -u a b | sed 1,2d
diff -q a b
cmp a b
echo "status $?"
cmp a a
echo "status $?"
cmp -l a b 2>/dev/null
diff a nothing 2>/dev/null
echo "status $?"
mkdir x y
cp a x; cp b y/a; : >x/only
diff -rq x y
diff -u a b >p
cp a c
patch c <p
cmp b c && echo patched
patch -R c <p
cmp a c && echo unpatched
diff -b a a >/dev/null && echo same
printf 'a  b\n' >s1; printf 'a b\n' >s2
diff -b s1 s2 && echo blanks
