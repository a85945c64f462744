# Files of some size: growing, holes, reading in pieces, many at once.
head -c 1000000 /dev/zero | tr '\0' a >large
wc -c <large
md5sum <large
cat large large >two
wc -c <two
tail -c 5 two; echo
dd if=two bs=100000 skip=15 count=1 2>/dev/null | md5sum
dd if=/dev/zero of=hole bs=1 count=1 seek=3000000 2>/dev/null
wc -c <hole
md5sum <hole
for i in $(seq 1 60); do seq 1 $i >n.$i; done
cat n.* | wc -l
ls n.* | wc -l
rm n.*
cp two three
cmp two three && echo same
truncate -s 1500000 two
md5sum <two
: >two
wc -c <two
for i in 1 2 3; do cat large; done | md5sum
