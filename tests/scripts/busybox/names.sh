# basename, dirname, realpath, which, mktemp.
basename /usr/lib/file.txt
basename /usr/lib/file.txt .txt
basename file
basename /
basename a/b/
dirname /usr/lib/file.txt
dirname file
dirname /
dirname a/b/
realpath . | grep -c "^$(pwd -P)\$"
mkdir d; : >d/f
realpath d/../d/./f | sed 's,.*/d/,d/,'
realpath nothing/x 2>/dev/null
echo "status $?"
printf '#!/bin/sh\necho script\n' >tool
chmod +x tool
PATH=. which tool
PATH=. which no_such_tool
echo "status $?"
t=$(mktemp ./name.XXXXXX)
[ -f "$t" ] && [ ! -s "$t" ] && echo "a new file"
stat -c %a "$t"
t2=$(mktemp ./name.XXXXXX)
[ "$t" != "$t2" ] && echo "another name"
d=$(mktemp -d ./dir.XXXXXX)
[ -d "$d" ] && stat -c %a "$d"
