# sed.
cat >f <<E
one
two
three
four
five
E
sed 's/o/0/' f
sed 's/e/E/g' f
sed -n 2p f
sed -n '2,4p' f
sed -n '/two/,/four/p' f
sed '2d' f
sed '/t/d' f
sed '$d' f
sed -n '$=' f
sed 's/\(t\)\(.*\)/\2\1/' f
sed -E 's/(.)(.)/\2\1/' f
sed 'y/abc/xyz/' f
sed '2a\
added' f
sed '2i\
before' f
sed '3c\
changed' f
sed -e 's/one/1/' -e 's/two/2/' f
sed '2q' f
sed 's/.*/[&]/' f
sed = f | sed 'N; s/\n/ /'
sed '1!G;h;$!d' f
sed -n 'l' <<E
tab	x
E
echo a,b,c | sed 's/,/\n/2'
echo aaa | sed 's/a/b/2'
sed -i 's/five/5/' f
cat f
sed -n '/t/{s/t/T/;p}' f
sed ':a;N;$!ba;s/\n/+/g' f
sed 's|/|_|g' <<E
/usr/bin
E
printf 'x\ny\n' | sed 'w out' >/dev/null; cat out
echo hello | sed 's/L/_/I'
echo "script: s/a/b/" >/dev/null; echo 's/one/uno/' >script; sed -f script f
sed '0~2d' f 2>/dev/null | head -n 1
seq 1 2000 | sed -n '1000,1002p'
