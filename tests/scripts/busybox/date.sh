# date, touch, with a fixed time.
export TZ=UTC
date -d '2020-02-29 12:34:56' '+%Y-%m-%d %H:%M:%S'
date -d @0
date -d @1000000000 '+%a %b %e %T %Y'
date -d '2021-03-04 05:06' '+%j %U %w %p %I %y %B'
date -u -d @86400 +%F
touch -d '2010-10-10 10:10:10' f
date -r f '+%F %T'
stat -c '%Y' f
touch -d '2011-11-11 11:11:11' g
touch -r f g
stat -c '%Y' g
touch -c nothing
[ -e nothing ] || echo "not made"
touch made
[ -s made ] || echo "made, and empty"
touch -t 201501020304.05 f
date -r f '+%F %T'
before=$(date +%s)
after=$(date +%s)
[ "$after" -ge "$before" ] && [ "$before" -gt 1000000 ] && echo "time goes forward"
TZ=EST5EDT date -d @1000000000 '+%H %Z'
date -d 'no date' >/dev/null 2>&1
echo "status $?"
touch old; touch -d '2000-01-01 00:00:00' old
echo more >>old
[ old -nt f ] && echo "a write sets the time"
