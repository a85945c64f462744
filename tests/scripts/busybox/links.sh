# ln, readlink, realpath: hard and symbolic links.
echo one >a
ln a b
echo two >>b
cat a
stat -c %h a
rm a
cat b
stat -c %h b
ln -s b s
cat s
readlink s
ln -s s s2
cat s2
readlink -f s2 | sed 's,.*/,,'
realpath s2 | sed 's,.*/,,'
ln -s loop2 loop1
ln -s loop1 loop2
cat loop1 2>/dev/null
echo "status $?"
mkdir d
echo inside >d/f
ln -s d dl
cat dl/f
ls dl
ln -s ../b d/up
cat d/up
ln b b 2>/dev/null
echo "status $?"
ln d hd 2>/dev/null
echo "status $?"
ln -s x s 2>/dev/null
echo "status $?"
ln -sf x s
readlink s
ln -sfn d/f dl
readlink dl
echo through >d/t; ln -s d/t w; echo written >w; cat d/t
ln -s created dangling; echo now >dangling; cat created
[ -e s ] || echo broken
rm s
readlink nothing
echo "status $?"
ln d/t d/t2 && ls d
mkdir r; ln -s "$PWD/b" r/abs; cat r/abs
