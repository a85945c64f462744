# fold, expand, unexpand, shuf, dos2unix, cal, bc, dc, ed.
echo abcdefghij | fold -w 4
echo 'two words here' | fold -s -w 6
printf 'a\tb\n' | expand
printf 'a\tb\n' | expand -t 4
printf '        x\n' | unexpand
seq 1 20 | shuf | sort -n | md5sum
printf 'dos\r\n' | dos2unix | od -An -c
printf 'unix\n' | unix2dos | od -An -c
seq 1 5 | tac | rev | nl
printf 'x\n' | expand | cat -A
cal 2 2020
echo 'scale = 5; 22 / 7; 2 ^ 100; sqrt(2)' | bc
echo 'define f(n) { if (n < 2) return 1; return n * f(n - 1); } f(20)' | bc
echo '5 3 + p 2 * p' | dc
printf 'one\ntwo\nthree\n' >e
printf '%s\n' '2d' '1a' 'added' . 'w' q | ed e
cat e
