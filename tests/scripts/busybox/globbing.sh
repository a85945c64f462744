# Patterns that name files.
touch a.c b.c ab.h abc.txt .hidden 'with space' '[bracket]' x1 x2 x10
mkdir -p d/e d/f
touch d/1 d/e/2 d/f/3
echo *.c
echo ?.c
echo [ab].c
echo [!a].c
echo x[0-9]
echo x[0-9]*
echo *
echo .h*
echo d/*
echo d/*/*
echo */
echo nothing*
echo "*.c" '*.c' \*.c
echo \[*
for f in *\ *; do echo "<$f>"; done
set -- *.c
echo $#
set -f
echo *.c
set +f
pattern='*.h'
echo $pattern
echo "$pattern"
case abc.txt in *.txt) echo match ;; esac
echo ./*.c
echo d/../*.h
