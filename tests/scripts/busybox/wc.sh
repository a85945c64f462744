# wc.
printf 'one two\nthree\n' >f
wc f
wc -l f
wc -w f
wc -c f
wc -L f
: >e
wc e
wc f e
printf 'no end' | wc
seq 1 12345 | wc
printf 'ü漢字\n' | wc -c
wc nothing 2>/dev/null
echo "status $?"
head -c 65537 /dev/zero | wc
wc <f
