# for, while, until, break, continue, nested.
for i in 1 2 3; do echo "for $i"; done
for i in; do echo never; done
i=0
while [ $i -lt 3 ]; do echo "while $i"; i=$((i + 1)); done
until [ $i -eq 0 ]; do echo "until $i"; i=$((i - 1)); done
for a in x y z; do
  for b in 1 2 3; do
    [ $b = 2 ] && continue
    [ $a = y ] && continue 2
    [ $a = z ] && break 2
    echo "$a$b"
  done
done
while :; do break; done
echo "after break: $?"
for word in $(echo a b c); do printf '%s,' $word; done; echo
n=0
for i in $(seq 1 500); do n=$((n + i)); done
echo $n
while false; do :; done
echo "never ran: $?"
for f in one two; do echo $f >$f.txt; done
for f in *.txt; do echo "$f: $(cat $f)"; done
while read -r line; do
  case $line in
    stop) break ;;
    *) echo "[$line]" ;;
  esac
done <<END
go
on
stop
no
END
i=10
while [ $((i -= 3)) -gt 0 ]; do echo $i; done
