# Answers per interval, by the host that gave them: see plot in load.bash.
set terminal svg size 760,260 font "DejaVu Sans,11" background "white"
set output out
set title heading
set xlabel "milliseconds"
set ylabel sprintf("answers in %d ms", width)
set xrange [from:to]
set yrange [0:*]
set offsets 0, 0, 4, 0
set style fill solid 0.9 noborder
set boxwidth width * 0.9
set key outside right top
set border 3
set tics nomirror
plot file using 1:($2 + $3) with boxes lc rgb "#d9822b" title "beta", \
     file using 1:2 with boxes lc rgb "#2b6cb0" title "alpha"
