# printf, echo.
printf '%s\n' one two three
printf '%d %i %u\n' 42 -7 3
printf '%x %X %o %#x\n' 255 255 8 255
printf '%5d|%-5d|%05d|%+d\n' 42 42 42 42
printf '%c%c\n' abc xyz
printf '%10s|%-10s|%.2s\n' right left cut
printf '%b\n' 'a\tb\nc'
printf '%%\n'
printf '%f %.3f %e %g\n' 3.5 2.71828 12345.678 0.0001
printf '\101\x42\n'
printf 'no newline'; echo
printf '%s-%s\n' a b c
echo
printf '%d\n' 0x1f 010 "'A"
printf '%d\n' abc 2>/dev/null
echo "status $?"
printf '%*d\n' 6 42
printf '\\ \a' | od -An -tx1
