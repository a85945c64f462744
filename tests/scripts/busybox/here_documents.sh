# Here-documents: expansion, quoting, tabs, several at once, large ones.
x=value
cat <<END
x is $x, \$x, $(echo sub), $((1 + 1)), \\ "quoted"
END
cat <<'END'
x is $x, $(echo sub)
END
cat <<-END
	tabs are
		gone
	END
cat <<A; cat <<B
first
A
second
B
tr a-z A-Z <<END | sed 's/^/> /'
through a pipe
END
while read -r a b; do echo "$b-$a"; done <<END
one 1
two 2
END
f() { cat <<END
in a function: $1
END
}
f argument
cat <<END
$(seq 1 5)
END
big=$(seq 1 3000)
wc -c <<END
$big
END
md5sum <<END
$big
$big
$big
$big
$big
$big
END
cat <<END
END
echo "status $?"
cat <<'E O F'
a strange end
E O F
