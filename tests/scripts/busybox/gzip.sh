# gzip, gunzip, zcat, bzip2, xz, base64, uuencode.
seq 1 5000 >f
cp f original
gzip f
ls
gunzip f.gz
cmp f original && echo same
gzip -c f >g.gz
zcat g.gz | cmp - f && echo same
gzip -d <g.gz | md5sum
[ "$(wc -c <g.gz)" -lt "$(wc -c <f)" ] && echo smaller
gzip -t g.gz && echo intact
head -c 100 g.gz >broken.gz
gunzip -t broken.gz 2>/dev/null
echo "status $?"
bzip2 -k f && bunzip2 -c f.bz2 | cmp - f && echo bzip2
printf 'binary\0data' | base64
printf 'binary\0data' | base64 | base64 -d | od -An -c
echo text | uuencode name
echo text | uuencode name | uudecode -o - 2>/dev/null
: | gzip | gunzip | wc -c
head -c 200000 /dev/zero | gzip | gunzip | wc -c
