# tar: making, listing, unpacking; folders, links, modes, times.
mkdir -p d/sub
echo one >d/a
seq 1 3000 >d/sub/large
ln -s a d/link
ln d/a d/hard
chmod 750 d/a
touch -d '2015-06-07 08:09:10' d/a d/sub/large d/sub d
tar cf t.tar d/a d/hard d/link d/sub
tar tf t.tar | sort
mkdir out
tar xf t.tar -C out
find out | sort
cmp d/sub/large out/d/sub/large && echo same
readlink out/d/link
stat -c '%a' out/d/a
TZ=UTC stat -c '%Y' out/d/a
[ out/d/a -ef out/d/hard ] && echo hard
tar czf t.tgz d/a d/link d/sub
tar tzf t.tgz | wc -l
mkdir out2
tar xzf t.tgz -C out2 d/a
find out2 | sort
(cd d; tar cf - .) | (mkdir out3; cd out3; tar xf -)
diff -r d/sub out3/sub && echo equal
tar xf t.tar -O d/a
tar tf nothing.tar 2>/dev/null
echo "status $?"
tar cf e.tar d/a d/link; tar tf e.tar
TZ=UTC tar tvf t.tar d/a | awk '{ print $1, $3, $4, $5, $6 }'
