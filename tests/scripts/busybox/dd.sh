# dd: blocks, skipping, seeking, conversion.
seq 1 100 >f
dd if=f bs=10 count=2 2>/dev/null
dd if=f bs=1 skip=5 count=6 2>/dev/null
dd if=f of=g 2>/dev/null
cmp f g && echo same
dd if=f of=h bs=100 seek=1 2>/dev/null
wc -c <h
head -c 100 h | od -An -tx1 | sort -u
printf 'XX' | dd of=f bs=1 seek=2 conv=notrunc 2>/dev/null
head -n 3 f
dd if=/dev/zero bs=1000 count=30 2>/dev/null | wc -c
dd if=/dev/zero of=sparse bs=1 count=0 seek=1000000 2>/dev/null
wc -c <sparse
dd if=f bs=50 count=1 2>&1 >/dev/null | head -n 2
echo abc | dd bs=1 2>/dev/null
echo abcdefgh | dd bs=4 count=1 2>/dev/null; echo
dd if=nothing 2>/dev/null
echo "status $?"
dd if=f of=i bs=7 2>/dev/null; cmp f i && echo same
printf 'abc' | dd conv=sync bs=8 2>/dev/null | wc -c
dd if=/dev/urandom bs=512 count=4 2>/dev/null | wc -c
