# (( )), $(( )), let; bases, bits, 64-bit wrap-around; printf.
echo $((7 / 2)) $((-7 / 2)) $((-7 % 3)) $((2 ** 10)) $((1 << 62)) $((0x7fffffffffffffff + 1))
echo $((16#ff)) $((2#1010)) $((36#zz)) $((010)) $((5 > 3 ? 11 : 22)) $((~0)) $((6 & 3 | 8 ^ 1))
i=5
((i++, i += 2, i *= 3))
echo $i $((i-- + --i)) $i
let "x = 3 * (4 + 5)" "y = x % 4"
echo $x $y
((0)) || echo "zero is false: $?"
echo $((1 / 0)) 2>&1
for ((a = 0, b = 1; a < 1000; c = a + b, a = b, b = c)); do printf '%d ' $a; done
echo
printf '%5d|%-5d|%05d|%+d|%x|%X|%#o\n' 42 42 42 42 255 255 8
printf '%.3f %e %g\n' 3.14159 12345.678 0.0001
printf '%s-%s\n' a b c
printf '%b|%q|%c\n' 'tab\there' "it's two" word
printf -v kept '%08.3f' 2.5
echo "$kept"
TZ=UTC printf '%(%Y-%m-%d %H:%M:%S)T\n' 1000000000
primes=()
for ((n = 2; n < 200; n++)); do
  for p in "${primes[@]}"; do ((n % p == 0)) && continue 2; done
  primes+=($n)
done
echo "${#primes[@]}: ${primes[*]: -5}"
