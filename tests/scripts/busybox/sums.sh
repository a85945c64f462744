# md5sum, sha1sum, sha256sum, sha512sum, sha3sum, crc32.
printf 'hello' | md5sum
printf 'hello' | sha1sum
printf 'hello' | sha256sum
printf 'hello' | sha512sum
printf 'hello' | sha3sum
: | md5sum
seq 1 20000 | sha256sum
echo a >a
echo b >b
md5sum a b >sums
cat sums
md5sum -c sums
echo changed >b
md5sum -c sums 2>/dev/null
echo "status $?"
sha256sum a | sha256sum -c
crc32 a
