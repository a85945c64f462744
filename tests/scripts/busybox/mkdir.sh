# mkdir: modes, parents, failure.
mkdir a
mkdir a 2>/dev/null
echo "status $?"
mkdir -p a
echo "status $?"
mkdir -p b/c/d
find b
mkdir x/y 2>/dev/null
echo "status $?"
mkdir -m 700 m
stat -c '%a %F' m
(umask 077; mkdir u)
stat -c %a u
mkdir 'with space' 'ü漢字'
ls -1
cd 'ü漢字' && mkdir deeper && cd .. && find . -name deeper
mkdir -p l/o/n/g/e/r/p/a/t/h
find l | wc -l
echo f >f
mkdir f/g 2>/dev/null
echo "status $?"
mkdir -p f/g 2>/dev/null
echo "status $?"
mkdir one two three && ls -d one two three
name=$(printf 'n%.0s' $(seq 1 255))
mkdir "$name" && echo "255 is fine"
mkdir "n$name" 2>/dev/null || echo "256 is not"
