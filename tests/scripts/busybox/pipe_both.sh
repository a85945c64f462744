# Standard error through a pipe, and both outputs in one order.
{ echo out; echo err >&2; } 2>&1 | sed 's/^/got: /'
{ echo out; echo err >&2; } 2>&1 >/dev/null | sed 's/^/got: /'
{ echo 1; echo 2 >&2; echo 3; } >both 2>&1
cat both
{ { echo a; echo b >&2; } 3>&1 1>&2 2>&3 3>&-; } 2>errors | cat
cat errors
echo "to three" 3>three >&3
cat three
exec 4>four
echo first >&4
echo second >&4
exec 4>&-
cat four
exec 5<four
read -r line <&5
echo "read: $line"
read -r line <&5
echo "read: $line"
read -r line <&5 || echo "end"
exec 5<&-
{ echo x >&5; } 2>/dev/null || echo "descriptor 5 is closed"
