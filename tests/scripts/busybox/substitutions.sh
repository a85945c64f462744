# Command substitution: nesting, quoting, trailing line breaks, status.
echo "$(echo a; echo b)"
echo $(echo a; echo b)
echo "[$(printf 'x\n\n\n')]"
echo "$(echo "$(echo "$(echo deep)")")"
echo "`echo old \`echo nested\``"
x=$(false)
echo "status $?"
x=$(exit 7)
echo "status $?"
echo "$(echo hello | tr a-z A-Z) and $(expr 3 + 4)"
n=$(seq 1 2000 | wc -l)
echo "$n lines"
big=$(seq 1 20000)
echo ${#big}
f() { echo "from f: $1"; }
echo "$(f "two words")"
y=$(cat <<END
line one
line two
END
)
echo "$y"
(x=changed; echo $x)
echo "[$x]"
echo "$(cat </dev/null)|"
