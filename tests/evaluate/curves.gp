# A curve a system, against the number of clients: see bench_plot in bench.bash.
# Both axes are logarithmic: systems differ by more than tenfold.
set terminal svg size 760,400 font "DejaVu Sans,11" background "white"
set output out
set logscale xy
set xlabel "clients, each with one operation under way"
set ylabel label
eval "set xtics (" . clients . ")"
set xrange [0.8 * least:1.25 * most]
set autoscale y noextend
set format y "%.0f"
set grid xtics ytics mytics back lc rgb "#cccccc", lc rgb "#eeeeee"
set border 3
set tics nomirror
set key outside right center
colours = "#c0392b #e67e22 #b7950b #8e44ad #2b6cb0 #16a085 #7f8c8d #34495e #6e2c00"
plot for [i = 1:words(systems)] prefix . word(systems, i) . ".dat" \
    with linespoints pt i ps 0.8 lc rgb word(colours, i) \
    lw (word(systems, i) eq "evote-token" ? 4 : 1.5) \
    title word(systems, i)
