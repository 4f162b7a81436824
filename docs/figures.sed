# gnuplot's figures without currentColor, which weasyprint 57 does not take:
# symbols and lines inherit the colour, and filled symbols become open ones.
s/color=("[^"]*") stroke="currentColor"/stroke=\1/
s/(<use .*) color=('[^']*')/\1 stroke=\2/
s/ fill='currentColor' stroke='none'//
s/ (fill|stroke)='currentColor'//g
