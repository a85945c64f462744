# test on files.
echo data >file
: >empty
mkdir dir
ln -s file link
ln -s nowhere broken
ln file hard
chmod 755 file
for f in file empty dir link broken nothing /dev/null; do
  for t in -e -f -d -L -h -r -w -x -c -b -p -S; do
    [ $t $f ] && printf '%s ' $t
  done
  echo "$f"
done
[ -s file ] && [ ! -s empty ] && [ ! -s nothing ] && echo "not empty"
[ file -ef hard ] && echo "the same file"
[ file -ef empty ] || echo "different files"
touch -d '2020-01-01 00:00:00' old
touch -d '2021-01-01 00:00:00' new
[ new -nt old ] && echo newer
[ old -ot new ] && echo older
[ old -nt new ] || echo "not newer"
[ -t 0 ] || echo "no terminal"
chmod a-x file
[ -x file ] || echo "not executable"
[ -x hard ] || echo "nor by its other name"
