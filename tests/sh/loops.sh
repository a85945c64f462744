# if while until for break continue, nested
if true; then echo a; fi
if false; then echo a; else echo b; fi
if false; then echo a; elif true; then echo c; else echo d; fi
if false; then echo a; elif false; then echo c; else echo d; fi
if true
then
  echo lines
fi
if ! true; then echo no; else echo yes; fi
if true; then if false; then echo x; else echo inner; fi; fi
for i in a b c; do echo $i; done
for i in; do echo never; done
for i in a b
do
  echo $i
done
for i in 1 2 3 4 5; do if test $i = 3; then continue; fi; if [ $i = 5 ]; then break; fi; echo $i; done
for i in 1 2; do for j in a b c; do test $j = b && continue 2; echo $i$j; done; done
for i in 1 2; do for j in a b c; do test $j = b && break 2; echo $i$j; done; done
for i in 1 2; do while true; do echo $i; break; done; done
x=; while test "$x" != aaa; do x=a$x; echo $x; done
x=; until test "$x" = bb; do x=b$x; echo $x; done
while false; do :; done; echo $?
while true; do break; done; echo $?
while true; do (exit 3); break; done; echo $?
for i in 1; do false; done; echo $?
for i in a b; do false; done || echo failed
x=x; while [ ${#x} -lt 5 ]; do x=x$x; done; echo $x
for i in 1 2 3; do echo $i; break 9; done
for f in "a b" c; do echo "$f"; done
for i in 1 2; do (break; echo sub); echo $i; done
while read x; do echo $x; done <<END
1
2
END
i=; for i in x y; do :; done; echo $i
for if in then; do echo $if; done
echo if then else fi while do done for in { } !
for i in a; do { echo group; }; (echo sub); done
if (exit 1); then echo no; else echo sub; fi
if { true; false; }; then echo no; else echo group; fi
{ { { echo deep; } } }
( ( ( echo deep ) ) )
