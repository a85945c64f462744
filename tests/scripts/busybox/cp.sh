# cp: files, folders, links, modes, times.
echo data >a
cp a b
cat b
cmp a b && echo same
mkdir d
cp a b d
ls d
cp -r d e
ls e
ln -s a link
cp link followed
[ -L followed ] || echo "a file"
cp -d link kept
[ -L kept ] && readlink kept
cp -a d f
ls f
touch -d '2019-05-06 07:08:09' a
chmod 751 a
cp -p a p
TZ=UTC stat -c '%a %Y %s' p
cp nothing x 2>/dev/null
echo "status $?"
cp a d/nothing/x 2>/dev/null
echo "status $?"
cp d g 2>/dev/null
echo "status $?"
cp a a 2>/dev/null
echo "status $?"
seq 1 40000 >large
cp large copy
cmp large copy && wc -c <copy
echo new >b
cp -f b d/b
cat d/b
mkdir -p deep/er/est; echo x >deep/er/est/f
cp -r deep deeper
find deeper | sort
cp -l a hard
[ a -ef hard ] && echo hard
cp -s "$PWD/a" soft && cat soft
