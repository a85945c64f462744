# what is not well formed ends a script with status 2, and nothing behind it runs
for text in 'echo a; )' 'if true' 'for' 'for 1 in a; do :; done' 'echo "a' "echo 'a" 'echo `a' 'echo $(a' 'echo ${a' '&& a' 'a && && b' \
  '| a' 'a | | b' 'a |' ';' 'a ;; b' '( )' '(a' '{ a' 'while true; done' 'do' 'done' 'fi' 'then' 'else' '}' '>' 'a >' 'a > ;' \
  'if ; then a; fi' 'if true; fi' 'for i in a; done' '!' '&' 'a & & b' 'if a; then b; else; fi' '(a) b' '{ a; } b'; do
  sh -c "echo before
$text
echo never" >out 2>/dev/null
  status=$?
  read x <out
  echo "$text: $status $x"
  test $(wc -l <out) = 1 || echo more
done
rm out
sh -c 'echo a; echo b; )' 2>/dev/null; echo $?
sh -c '' ; echo $?
sh -c '   ' ; echo $?
sh -c '# only a comment' ; echo $?
sh nosuchscript 2>/dev/null || echo no script
echo 'echo no newline at the end' | { read x; echo -n "$x"; } | sh
sh -c 'cat <<END
no end'
