# od, hexdump, xxd, strings.
printf 'hello\n\0\377' >f
od f
od -c f
od -An -tx1 f
od -An -tu1 f
od -An -td2 f
od -Ax -tx4 f
hexdump -C f
hexdump f
xxd f
xxd -p f
xxd -r -p <<E
68656c6c6f0a
E
printf 'ab\0longer string\0c\001another one\0' | strings
od -N 3 -c f
od -j 2 -An -c f
head -c 64 /dev/zero | od
head -c 64 /dev/zero | od -v | wc -l
