# find.
mkdir -p d/sub/deep
echo 12345 >d/five
: >d/empty
echo x >d/sub/a.c
echo x >d/sub/deep/b.c
ln -s five d/link
chmod 600 d/five
touch -d '2001-01-01 00:00:00' d/empty
find d | sort
find d -type f | sort
find d -type d | sort
find d -type l
find d -name '*.c' | sort
find d -name five -o -name empty | sort
find d ! -name '*.c' -type f | sort
find d -type f -size 0
find d -size -6c -type f | sort
find d -empty
find d -maxdepth 1 | sort
find d -mindepth 2 | sort
find d -perm 600
find d -newer d/empty -type f | sort
find d -name '*.c' -exec echo found {} \; | sort
find d -name '*.c' -exec echo {} + | wc -w
find d -type f -print0 | tr '\0' '\n' | sort
find d -path '*sub*' -prune -o -type f -print | sort
find d -name deep -exec sh -c 'echo "sh: $1"' sh {} \;
find nothing 2>/dev/null
echo "status $?"
find d -depth | tail -n 1
find d -name '*.c' -exec rm {} +
find d -type f | sort
find d -iname FIVE
find d -links 1 -type f | sort
find d -regex '.*/f.*'
find . -type f -name five | xargs cat
