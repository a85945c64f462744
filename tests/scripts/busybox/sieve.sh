# A small program: primes, towers, sorting, in the shell alone.
sieve() {
  n=2
  while [ $n -le $1 ]; do
    eval "c=\${c$n-}"
    if [ -z "$c" ]; then
      printf '%s ' $n
      m=$((n * n))
      while [ $m -le $1 ]; do eval "c$m=1"; m=$((m + n)); done
    fi
    n=$((n + 1))
  done
  echo
}
sieve 200
moves=0
hanoi() {
  [ $1 -eq 0 ] && return
  hanoi $(($1 - 1)) $2 $4 $3
  moves=$((moves + 1))
  [ $moves -le 5 ] && echo "$2 to $3"
  hanoi $(($1 - 1)) $4 $3 $2
}
hanoi 8 a b c
echo $moves
insert() { r=; for x in $2; do [ -n "$1" ] && [ $x -gt $1 ] && [ -z "$done" ] && { r="$r $1"; done=1; }; r="$r $x"; done; [ -z "$done" ] && r="$r $1"; done=; sorted=$r; }
sorted=
for x in 5 3 9 1 7 2 8; do insert $x "$sorted"; done
echo $sorted
