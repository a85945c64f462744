# id, whoami's numbers: what they say agrees with the files that one makes.
: >f
[ "$(id -u)" = "$(stat -c %u f)" ] && echo user
[ "$(id -g)" = "$(stat -c %g f)" ] && echo group
id -u | grep -c '^[0-9]*$'
id -G | wc -w | grep -c '^ *[1-9]'
id | grep -c '^uid='
[ "$(id -u)" = "$(id -ru)" ] && echo "real and effective"
mkdir d
[ "$(stat -c %u:%g d)" = "$(id -u):$(id -g)" ] && echo folder
