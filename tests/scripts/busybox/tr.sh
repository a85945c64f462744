# tr.
echo hello | tr a-z A-Z
echo hello | tr -d l
echo aabbcc | tr -s abc
echo hello | tr el ip
echo 'a b  c' | tr -s ' ' '\n'
echo hello123 | tr -cd 0-9; echo
echo hello | tr '[:lower:]' '[:upper:]'
printf 'a\tb\n' | tr '\t' ' '
echo abc | tr a-c x
printf 'a\0b\n' | tr '\0' '-'
echo 'Hello, World' | tr '[:upper:][:lower:]' '[:lower:][:upper:]'
echo abc | tr '\141' Z
echo 12345 | tr 1-5 a-e
seq 1 10 | tr '\n' ' '; echo
echo 'x-y' | tr -- - _
head -c 20000 /dev/zero | tr '\0' x | md5sum
