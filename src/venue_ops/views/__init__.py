"""How values of the domain look: the columns of listings and the blocks of documents."""
