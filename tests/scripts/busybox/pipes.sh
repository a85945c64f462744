# Pipes: long ones, their status, output larger than a pipe holds, readers that end early.
printf 'c\na\nb\n' | sort | tr a-z A-Z | sed 's/$/!/'
seq 1 10 | while read -r n; do echo "line $n"; done | tail -n 2
true | false
echo "status $?"
false | true
echo "status $?"
! false | false
echo "negated $?"
seq 1 100000 | wc -l
seq 1 100000 | md5sum
yes | head -n 3
seq 1 50000 | head -n 1
echo one two three | { read -r a rest; echo "$rest"; echo "$a"; }
x=outer
echo inner | read -r x
echo "$x"
echo data | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat
set -o pipefail
(exit 3) | (exit 4) | true
echo "pipefail $?"
(exit 3) | true | true
echo "pipefail $?"
