# Arithmetic: the shell's own, expr, bc-like sums.
echo $((1 + 2 * 3)) $(((1 + 2) * 3)) $((7 / 2)) $((-7 / 2)) $((7 % 3)) $((-7 % 3))
echo $((1 << 40)) $((0xff)) $((010)) $((~0)) $((5 & 3)) $((5 | 3)) $((5 ^ 3))
echo $((3 > 2)) $((3 < 2)) $((3 == 3)) $((3 != 3)) $((1 && 0)) $((1 || 0)) $((!1))
x=5
echo $((x + 1)) $((x += 3)) $x $((x++)) $x $((--x))
echo $((x > 3 ? 100 : 200)) $((1, 2))
echo $((9223372036854775807)) $((9223372036854775807 + 1))
(echo $((1 / 0))) 2>/dev/null
echo "division by zero: $?"
i=0
while [ $i -lt 5 ]; do i=$((i + 1)); printf '%d ' $((i * i)); done
echo
expr 3 + 4
expr 3 \* 4
expr 10 / 3
expr 10 % 3
expr 5 \> 3
expr abc : 'a\(.\)c'
expr abcdef : 'abc'
expr length hello
expr substr hello 2 3
expr index hello l
expr 1 = 2
echo "status $?"
expr 0
echo "status $?"
fib() { [ "$1" -lt 2 ] && echo "$1" || echo $(($(fib $(($1 - 1))) + $(fib $(($1 - 2))))); }
fib 8
